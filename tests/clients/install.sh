# Installs nginx and Node from Debian's archive; run by `make clients`.
[ "$(id -u)" = 0 ] && as_root= || as_root=sudo

missing=
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing=nginx
command -v npm >/dev/null || missing="$missing nodejs npm"
[ "$missing" ] || exit 0
if command -v apt-get >/dev/null; then
  echo "Installing $missing (Debian's packages)"
  $as_root apt-get update -qq 2>/dev/null
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq $missing >/dev/null 2>&1 && exit 0
fi
echo "Install $missing: the check starts them itself" >&2
exit 1
