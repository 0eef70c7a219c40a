// Prints the licences of the packages that esbuild's metafile says are in the bundle.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { execFileSync } from "node:child_process";

const metafile = JSON.parse(readFileSync(process.argv[2], "utf8"));
const packages = new Map();
for (const input of Object.keys(metafile.inputs)) {
  const match = /^(.*\/nodejs\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
  if (!match) continue;
  const manifest = JSON.parse(readFileSync(`${match[1]}/package.json`, "utf8"));
  packages.set(match[2], { version: manifest.version, license: manifest.license, file: `${match[1]}/package.json` });
}

// Some modules are shipped inside another Debian package, whose copyright file then speaks for them.
function copyrightOf(name, file) {
  const path = realpathSync(file.startsWith("/") ? file : `/${file.replace(/^(\.\.\/)+/, "")}`);
  let owner = `node-${name}`;
  try {
    owner = execFileSync("dpkg-query", ["-S", path], { encoding: "utf8" }).split(":")[0];
  } catch {
    // Not a Debian machine: the package's own manifest is all there is.
  }
  const copyright = `/usr/share/doc/${owner}/copyright`;
  return { owner, text: existsSync(copyright) ? readFileSync(copyright, "utf8").trim() : "" };
}

console.log("The Podsight console contains these packages.\n");
const texts = new Map();
for (const [name, info] of [...packages].sort()) {
  const { owner, text } = copyrightOf(name, info.file);
  console.log(`${name} ${info.version} (${info.license ?? "see below"}), from ${owner}`);
  if (text) texts.set(owner, text);
}
for (const [owner, text] of [...texts].sort()) {
  console.log(`\n${"=".repeat(78)}\n${owner}\n${"=".repeat(78)}\n${text}`);
}
