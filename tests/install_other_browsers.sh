# Installs Firefox, and WebKitGTK's driver with a screen for it, for the journeys in other browsers:
# sh tests/install_other_browsers.sh. Without apt-get or root, `make test-all` leaves these out, and
# says so at its end.
[ "$(id -u)" = 0 ] && as_root= || as_root="sudo -n" # never ask for a password

command -v apt-get >/dev/null || exit 0
echo "Installing firefox-esr, webkit2gtk-driver and xvfb (Debian's packages) for journeys in them"
$as_root apt-get update -qq 2>/dev/null
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
  firefox-esr webkit2gtk-driver xvfb >/dev/null 2>&1 ||
  echo "They cannot be installed; their journeys are left out"
exit 0
