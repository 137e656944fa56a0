// Serves the page and the route without Next.js and without a build: node server.mjs
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import * as route from "./app/api/fal/proxy/route.js";

// A script that sets window.fal: the files of @fal-ai/client, each as the function that it is.
function clientScript() {
  const files = new Map();
  const add = (file) => {
    if (files.has(file)) return;
    const { resolve } = createRequire(file);
    const text = file.endsWith(".json") ? `module.exports = ${readFileSync(file)}` : readFileSync(file, "utf8");
    const asked = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => [name, resolve(name)]);
    files.set(file, `[${JSON.stringify(Object.fromEntries(asked))}, (module, exports, require) => {${text}\n}]`);
    asked.forEach(([, other]) => add(other));
  };
  const main = createRequire(import.meta.url).resolve("@fal-ai/client");
  add(main);
  return `const files = {${[...files].map(([file, made]) => `${JSON.stringify(file)}: ${made}`)}};
    const load = (file, [names, run] = files[file]) => {
      const module = (files[file].module ??= { exports: {}, isNew: true });
      if (module.isNew) { module.isNew = false; run(module, module.exports, (name) => load(names[name])); }
      return module.exports;
    };
    window.fal = load(${JSON.stringify(main)}).fal;`;
}

const PAGES = {
  "/": ["text/html; charset=utf-8", readFileSync(new URL("index.html", import.meta.url))],
  "/fal.js": ["text/javascript; charset=utf-8", clientScript()],
};
const server = createServer(async (incoming, outgoing) => {
  const { pathname } = new URL(incoming.url, "http://localhost");
  const handle = pathname === "/api/fal/proxy" && route[incoming.method];
  if (!handle) {
    const [type, content] = PAGES[pathname] ?? ["text/plain", "Not found"];
    return outgoing.writeHead(PAGES[pathname] ? 200 : 404, { "content-type": type }).end(content);
  }
  const left = new AbortController();
  outgoing.on("close", () => left.abort());
  const body = incoming.method === "GET" ? undefined : Readable.toWeb(incoming);
  const init = { method: incoming.method, headers: incoming.headers, body, duplex: "half", signal: left.signal };
  try {
    const answer = await handle(new Request("http://localhost/api/fal/proxy", init));
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const part of answer.body ?? []) outgoing.write(part);
  } catch {
    if (!outgoing.headersSent) outgoing.writeHead(502);
  }
  outgoing.end();
});
const tell = () => console.log(`http://127.0.0.1:${server.address().port}/`);
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", tell);
