# Installs the proxies and PostgreSQL from Debian's archive; run by `make production-check`.
[ "$(id -u)" = 0 ] && as_root= || as_root=sudo

command -v nginx >/dev/null && command -v caddy >/dev/null && command -v curl >/dev/null \
  && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null; then
  echo "Installing nginx, Caddy, curl and PostgreSQL (Debian's packages)"
  $as_root apt-get update -qq 2>/dev/null
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq nginx caddy curl postgresql \
    >/dev/null 2>&1 && exit 0
fi
echo "Install nginx, caddy, curl and postgresql: the check starts them itself" >&2
exit 1
