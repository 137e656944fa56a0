# Installs chromium-headless-shell from Debian's archive; run by `make test` and `make bench`.
# Where that fails and a full Chromium or Chrome is installed, that one is used instead.
full=$(command -v chromium || command -v chromium-browser || command -v google-chrome)

if [ "$(id -u)" = 0 ]; then
  as_root=
elif [ -n "$full" ]; then
  as_root="sudo -n" # never ask for a password where the tests can do without
else
  as_root=sudo
fi

install() {
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq "$1" >/dev/null 2>&1
}

if command -v apt-get >/dev/null; then
  echo "Installing chromium-headless-shell (Debian's package) for the browser tests"
  $as_root apt-get update -qq 2>/dev/null
  install chromium-headless-shell && exit 0
  [ -z "$full" ] && install chromium && exit 0
fi
[ -n "$full" ] && echo "chromium-headless-shell cannot be installed; using $full, which is slower" && exit 0
echo "Install chromium-headless-shell or Chromium: the browser tests need one" >&2
exit 1
