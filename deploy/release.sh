#!/bin/sh
# Puts a version beside those that are there, migrates, and switches to it:
#   sh deploy/release.sh origin/main                       a commit of $VITRINE_HOME/repository
#   sh deploy/release.sh vitrine-0.2.0-py3-none-any.whl    a package, or vitrine==0.2.0
#   sh deploy/release.sh versions/2b571e1b55ba             a version that is there
# Running processes go on with their own version until they are restarted. A version that is there
# already is only switched to, with `packages`, which names what each version gets besides.
# NO_COPY=1 migrates without a copy of the database.
set -eu
home=${VITRINE_HOME:-/srv/vitrine}
here=$(cd "$(dirname "$0")" && pwd)
export VITRINE_DATA_DIR="${VITRINE_DATA_DIR:-$home/data}"

# A folder is named after its content, never after a word that means something else tomorrow.
case $1 in
  versions/*)
    name=${1#versions/}
    [ -e "$home/versions/$name/complete" ] || { echo "There is no $home/$1" >&2; exit 1; }
    ;;
  *.whl)
    number=${1##*/vitrine-}
    name=${number%%-*}-$(sha256sum "$1" | cut -c 1-12)
    ;;
  vitrine==*) name=${1#vitrine==} ;;
  *) # a branch, a tag, a hash; else a version's folder, where there is no repository
    name=$(git -C "$home/repository" rev-parse --short=12 --verify "$1^{commit}") || {
      [ -e "$home/versions/$1/complete" ] || exit 1
      name=$1
    }
    ;;
esac
version=$home/versions/$name
python=$version/.venv/bin/python
former=$(readlink "$home/current" || echo none)
former=${former#versions/}

install_commit() {
  mkdir -p "$version/app"
  git -C "$home/repository" archive --output="$version/app.tar" "$name"
  tar -xf "$version/app.tar" -C "$version/app"
  rm "$version/app.tar"
  (cd "$version/app" && sh requirements/install.sh "$python" run.txt)
}

install_package() {
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps "$1"
  folder=$("$python" -I -c 'import vitrine; print(vitrine.__path__[0])')
  ln -s "$folder/app" "$version/app"
  if [ -e "$version/app/requirements" ]; then
    (cd -P "$version/app" && sh requirements/install.sh "$python" run.txt)
  else # of 0.2.0, which has no lock
    "$python" -m pip install --quiet --disable-pip-version-check "$1"
  fi
}

# False where it was never finished, and where the Python that it was made with is gone.
is_complete() {
  [ -e "$version/complete" ] &&
    [ -d "$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' 2>/dev/null)" ]
}

if ! is_complete; then
  case $1 in versions/*) echo "Its Python is gone: name its commit or package" >&2; exit 1 ;; esac
  rm -rf "$version"
  mkdir -p "$version"
  "${PYTHON:-python3}" -m venv "$version/.venv"
  case $1 in
    *.whl | vitrine==*) install_package "$1" ;;
    *) install_commit ;;
  esac
  "$python" -m compileall -q -x '/tests/' "$version/app/"
  touch "$version/complete"
fi
if [ -f "$home/packages" ]; then
  "$python" -m pip install --quiet --disable-pip-version-check -r "$home/packages"
fi

cd -P "$version/app"
"$python" manage.py migrate --no-input ${NO_COPY:+--no-copy}
"$python" manage.py collectstatic --no-input --verbosity 0
install -m 755 "$here/start" "$home/start.new"
mv -T "$home/start.new" "$home/start"
ln -sfn "versions/$name" "$home/current.new"
mv -T "$home/current.new" "$home/current"
if [ "$former" = "$name" ]; then
  echo "Vitrine $name is current, as it was before: $1 is no newer version."
else
  echo "Vitrine $name is current; before it was $former."
fi
echo "Restart one process after the other, a web process once the one before it answers:"
echo "  sudo systemctl restart vitrine-worker@1   # then @2, vitrine-realtime, vitrine-web@8001"
echo "  until curl -fs http://127.0.0.1:8001/readyz; do sleep 1; done   # then @8002"
case $former in
  none | "$name") ;;
  *)
    echo "To go back, while no migration lies between them: sh $here/release.sh versions/$former"
    echo "Else first bring the copy of the database back, as docs/OPERATING.md says."
    ;;
esac
