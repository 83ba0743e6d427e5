// A Worker that decides nothing: it answers /empty with 200, and passes everything else on.

export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    return pathname === "/empty" ? new Response(null) : fetch(new Request(env.UPSTREAM + pathname + search, request));
  },
};
