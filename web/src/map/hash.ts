/** FNV-1a, 32 bits: the same text gives the same number on every machine. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value ^= text.charCodeAt(index);
    value = Math.imul(value, 0x01000193);
  }
  // FNV's low bits of similar texts are alike; a final mix spreads them.
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  value ^= value >>> 12;
  return value >>> 0;
}

/** A number in [0, 1) that belongs to the text. */
export function unit(text: string): number {
  return hash(text) / 0x1_0000_0000;
}
