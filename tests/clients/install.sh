# Installs nginx from Debian's archive; run by `make clients`.
[ "$(id -u)" = 0 ] && as_root= || as_root=sudo

command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] && exit 0
if command -v apt-get >/dev/null; then
  echo "Installing nginx (Debian's package)"
  $as_root apt-get update -qq 2>/dev/null
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq nginx >/dev/null 2>&1 && exit 0
fi
echo "Install nginx: the check starts it itself" >&2
exit 1
