#include "CConsole.h"

// The bundle is built by `make web`; a build without it serves the API and says that the console is missing.
#if __has_embed("../../../web/dist/index.html") && __has_embed("../../../web/dist/main.js") && \
    __has_embed("../../../web/dist/main.css") && __has_embed("../../../web/dist/THIRD_PARTY.txt")
static const unsigned char index_html[] = {
#embed "../../../web/dist/index.html"
};
static const unsigned char main_js[] = {
#embed "../../../web/dist/main.js"
};
static const unsigned char main_css[] = {
#embed "../../../web/dist/main.css"
};
static const unsigned char third_party_txt[] = {
#embed "../../../web/dist/THIRD_PARTY.txt"
};
static const cconsole_file files[] = {
    {"/index.html", index_html, sizeof index_html},
    {"/main.js", main_js, sizeof main_js},
    {"/main.css", main_css, sizeof main_css},
    {"/THIRD_PARTY.txt", third_party_txt, sizeof third_party_txt},
    {NULL, NULL, 0},
};
#else
static const cconsole_file files[] = {{NULL, NULL, 0}};
#endif

const cconsole_file *cconsole_files(void) { return files; }
