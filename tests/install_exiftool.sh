# Installs exiftool from Debian's archive; run by `make test`, which runs without it if this fails.
[ "$(id -u)" = 0 ] && as_root= || as_root="sudo -n" # never ask for a password

command -v apt-get >/dev/null || exit 0
echo "Installing exiftool (Debian's package) for the tests of files without metadata"
$as_root apt-get update -qq 2>/dev/null
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq libimage-exiftool-perl \
  >/dev/null 2>&1
exit 0
