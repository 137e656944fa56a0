// A route handler of Next.js' app router, in place of @fal-ai/server-proxy's, which call fal.
// Only Vitrine is ever called, whatever address the browser names; the token stays here.
const PASSED = /^(x-fal-.*|content-type)$/;
const passed = (headers) => [...headers].filter(([name]) => PASSED.test(name));

async function forward(request) {
  // Whoever may call this spends the token's budget: ask for your own session here.
  const answer = await fetch(new URL("/api/fal/proxy", process.env.VITRINE_URL), {
    method: request.method,
    headers: [...passed(request.headers), ["authorization", `Key ${process.env.VITRINE_TOKEN}`]],
    body: request.method === "GET" ? undefined : await request.arrayBuffer(),
    signal: request.signal, // a browser that leaves ends a stream, and its run
    redirect: "error",
    cache: "no-store",
  });
  return new Response(answer.body, { status: answer.status, headers: passed(answer.headers) });
}

export { forward as GET, forward as POST, forward as PUT };
