# Installs a browser for the tests: sh tests/install_chromium.sh .venv/bin/python
# Debian's chromium-headless-shell if apt-get exists, otherwise Playwright's own. Without either,
# `make test` leaves the browser tests out, and says so at its end.
python=$1
[ "$(id -u)" = 0 ] && as_root= || as_root="sudo -n" # never ask for a password

if command -v apt-get >/dev/null; then
  echo "Installing chromium-headless-shell (Debian's package) for the browser tests"
  $as_root apt-get update -qq 2>/dev/null
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq chromium-headless-shell \
    >/dev/null 2>&1 && exit 0
fi
for full in chromium chromium-browser google-chrome; do
  if command -v $full >/dev/null; then
    echo "chromium-headless-shell cannot be installed; using $full, which is slower"
    exit 0
  fi
done
echo "Installing Chromium for the browser tests with playwright install"
"$python" -m playwright install chromium-headless-shell >/dev/null 2>&1 ||
  echo "Chromium cannot be installed; the browser tests are left out"
exit 0
