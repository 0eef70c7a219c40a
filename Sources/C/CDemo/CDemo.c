// Written by Scripts/make-demo-recording.
#include "CDemo.h"

static const unsigned char file_0[] = {
#embed "robot-shop/captures/cart-54fc554bc8-stw4z.pcap"
};
static const unsigned char file_1[] = {
#embed "robot-shop/captures/catalogue-6bd4b9698f-5wndx.pcap"
};
static const unsigned char file_2[] = {
#embed "robot-shop/captures/catalogue-6bd4b9698f-6tpzz.pcap"
};
static const unsigned char file_3[] = {
#embed "robot-shop/captures/catalogue-6bd4b9698f-bqcfd.pcap"
};
static const unsigned char file_4[] = {
#embed "robot-shop/captures/catalogue-6bd4b9698f-lvgxv.pcap"
};
static const unsigned char file_5[] = {
#embed "robot-shop/captures/dispatch-79797cc96f-brnnt.pcap"
};
static const unsigned char file_6[] = {
#embed "robot-shop/captures/mongodb-dcdc465d5-ph6k9.pcap"
};
static const unsigned char file_7[] = {
#embed "robot-shop/captures/mongodb-dcdc465d5-rcx45.pcap"
};
static const unsigned char file_8[] = {
#embed "robot-shop/captures/mysql-5d7656fc9c-jcf86.pcap"
};
static const unsigned char file_9[] = {
#embed "robot-shop/captures/payment-56866cf985-hx5kw.pcap"
};
static const unsigned char file_10[] = {
#embed "robot-shop/captures/rabbitmq-7bc9ccb947-pq7wx.pcap"
};
static const unsigned char file_11[] = {
#embed "robot-shop/captures/ratings-74d77cfc5b-rcplc-1795225046.pcap"
};
static const unsigned char file_12[] = {
#embed "robot-shop/captures/ratings-74d77cfc5b-rcplc.pcap"
};
static const unsigned char file_13[] = {
#embed "robot-shop/captures/redis-0-1795225062.pcap"
};
static const unsigned char file_14[] = {
#embed "robot-shop/captures/redis-0.pcap"
};
static const unsigned char file_15[] = {
#embed "robot-shop/captures/shipping-54798dd7fd-t664w.pcap"
};
static const unsigned char file_16[] = {
#embed "robot-shop/captures/skydive-test-cronjob-29920416-ssjbp.pcap"
};
static const unsigned char file_17[] = {
#embed "robot-shop/captures/skydive-test-cronjob-29920417-zw6gj.pcap"
};
static const unsigned char file_18[] = {
#embed "robot-shop/captures/skydive-test-cronjob-29920418-mm9rh.pcap"
};
static const unsigned char file_19[] = {
#embed "robot-shop/captures/tick-29920416-98svc.pcap"
};
static const unsigned char file_20[] = {
#embed "robot-shop/captures/tick-29920417-98kbz.pcap"
};
static const unsigned char file_21[] = {
#embed "robot-shop/captures/tick-29920418-94pkl.pcap"
};
static const unsigned char file_22[] = {
#embed "robot-shop/captures/user-65c9bb88d9-597bs.pcap"
};
static const unsigned char file_23[] = {
#embed "robot-shop/captures/user-65c9bb88d9-tbh7v.pcap"
};
static const unsigned char file_24[] = {
#embed "robot-shop/captures/web-b87496c94-j6pgk.pcap"
};
static const unsigned char file_25[] = {
#embed "robot-shop/captures/web-b87496c94-pv5mj.pcap"
};
static const unsigned char file_26[] = {
#embed "robot-shop/cluster.jsonl"
};
static const unsigned char file_27[] = {
#embed "robot-shop/conntrack.txt"
};

static const cdemo_file files[] = {
    {"captures/cart-54fc554bc8-stw4z.pcap", file_0, sizeof file_0},
    {"captures/catalogue-6bd4b9698f-5wndx.pcap", file_1, sizeof file_1},
    {"captures/catalogue-6bd4b9698f-6tpzz.pcap", file_2, sizeof file_2},
    {"captures/catalogue-6bd4b9698f-bqcfd.pcap", file_3, sizeof file_3},
    {"captures/catalogue-6bd4b9698f-lvgxv.pcap", file_4, sizeof file_4},
    {"captures/dispatch-79797cc96f-brnnt.pcap", file_5, sizeof file_5},
    {"captures/mongodb-dcdc465d5-ph6k9.pcap", file_6, sizeof file_6},
    {"captures/mongodb-dcdc465d5-rcx45.pcap", file_7, sizeof file_7},
    {"captures/mysql-5d7656fc9c-jcf86.pcap", file_8, sizeof file_8},
    {"captures/payment-56866cf985-hx5kw.pcap", file_9, sizeof file_9},
    {"captures/rabbitmq-7bc9ccb947-pq7wx.pcap", file_10, sizeof file_10},
    {"captures/ratings-74d77cfc5b-rcplc-1795225046.pcap", file_11, sizeof file_11},
    {"captures/ratings-74d77cfc5b-rcplc.pcap", file_12, sizeof file_12},
    {"captures/redis-0-1795225062.pcap", file_13, sizeof file_13},
    {"captures/redis-0.pcap", file_14, sizeof file_14},
    {"captures/shipping-54798dd7fd-t664w.pcap", file_15, sizeof file_15},
    {"captures/skydive-test-cronjob-29920416-ssjbp.pcap", file_16, sizeof file_16},
    {"captures/skydive-test-cronjob-29920417-zw6gj.pcap", file_17, sizeof file_17},
    {"captures/skydive-test-cronjob-29920418-mm9rh.pcap", file_18, sizeof file_18},
    {"captures/tick-29920416-98svc.pcap", file_19, sizeof file_19},
    {"captures/tick-29920417-98kbz.pcap", file_20, sizeof file_20},
    {"captures/tick-29920418-94pkl.pcap", file_21, sizeof file_21},
    {"captures/user-65c9bb88d9-597bs.pcap", file_22, sizeof file_22},
    {"captures/user-65c9bb88d9-tbh7v.pcap", file_23, sizeof file_23},
    {"captures/web-b87496c94-j6pgk.pcap", file_24, sizeof file_24},
    {"captures/web-b87496c94-pv5mj.pcap", file_25, sizeof file_25},
    {"cluster.jsonl", file_26, sizeof file_26},
    {"conntrack.txt", file_27, sizeof file_27},
    {NULL, NULL, 0},
};

const cdemo_file *cdemo_files(void) { return files; }
