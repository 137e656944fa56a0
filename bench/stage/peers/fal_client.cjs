// @fal-ai/client's own road to a picture: subscribe, then fetch it. A line of JSON in, milliseconds out.
const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");
const { fal } = createRequire(process.argv[2] + "/")("@fal-ai/client");

const [base, key, model, mode] = process.argv.slice(3);
// It knows no hosts but fal's own; its middleware leads it to ours.
const requestMiddleware = async (request) => ({ ...request, url: request.url.replace("https://queue.fal.run", `${base}/queue`) });
fal.config({ credentials: key, requestMiddleware, suppressLocalCredentialsWarning: true });

async function answer(line) {
  const start = process.hrtime.bigint();
  const { data } = await fal.subscribe(model, { input: JSON.parse(line), mode });
  const picture = await fetch(data.images[0].url);
  await picture.arrayBuffer();
  if (!picture.ok) throw new Error(`the picture: ${picture.status}`);
  console.log(Number(process.hrtime.bigint() - start) / 1e6);
}
createInterface({ input: process.stdin }).on("line", answer);
