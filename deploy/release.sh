#!/bin/sh
# Puts a version beside those that are there, migrates, and switches to it:
#   sh deploy/release.sh main                              a commit of $VITRINE_HOME/repository
#   sh deploy/release.sh vitrine-0.2.0-py3-none-any.whl    a package, or vitrine==0.2.0
#   sh deploy/release.sh 2b571e1bcc49                      a version that is there, by its name
# Running processes go on with their own version until they are restarted. A version that is there
# already is only switched to. `packages` names what each version gets besides.
set -eu
home=${VITRINE_HOME:-/srv/vitrine}
here=$(cd "$(dirname "$0")" && pwd)
case $1 in
  *.whl) name=${1##*/vitrine-} name=${name%%-*} ;;
  vitrine==*) name=${1#vitrine==} ;;
  v[0-9]*) name=${1#v} ;; # a tag, where somebody made one
  *) # a version by its folder, or a commit, which its shortened hash names
    name=$1
    [ -e "$home/versions/$name/complete" ] ||
      name=$(git -C "$home/repository" rev-parse --short=12 --verify "$1^{commit}")
    ;;
esac
version=$home/versions/$name
python=$version/.venv/bin/python
export VITRINE_DATA_DIR="${VITRINE_DATA_DIR:-$home/data}"

install_commit() {
  mkdir -p "$version/app"
  git -C "$home/repository" archive --output="$version/app.tar" "$1"
  tar -xf "$version/app.tar" -C "$version/app"
  rm "$version/app.tar"
  (cd "$version/app" && sh requirements/install.sh "$python" run.txt)
}

install_package() {
  "$python" -m pip install --quiet --disable-pip-version-check "$1"
  folder=$("$python" -I -c 'import vitrine; print(vitrine.__path__[0])')
  ln -s "$folder/app" "$version/app"
}

if [ ! -e "$version/complete" ]; then
  rm -rf "$version" # of an installation that was stopped
  mkdir -p "$version"
  "${PYTHON:-python3}" -m venv "$version/.venv"
  case $1 in
    *.whl | vitrine==*) install_package "$1" ;;
    *) install_commit "$1" ;;
  esac
  if [ -f "$home/packages" ]; then
    "$python" -m pip install --quiet --disable-pip-version-check -r "$home/packages"
  fi
  "$python" -m compileall -q -x '/tests/' "$version/app/"
  touch "$version/complete"
fi

cd -P "$version/app"
"$python" manage.py migrate --no-input
"$python" manage.py collectstatic --no-input --verbosity 0
former=$(basename "$(readlink "$home/current" || echo none)")
install -m 755 "$here/start" "$home/start.new"
mv -T "$home/start.new" "$home/start"
ln -sfn "versions/$name" "$home/current.new"
mv -T "$home/current.new" "$home/current"
echo "Vitrine $name is current; before it was $former. Restart one process after the other:"
echo "  sudo systemctl restart vitrine-worker@1   # then @2, vitrine-web@8001, @8002, vitrine-realtime"
case $former in
  none | "$name") ;;
  *) echo "To go back, while no migration lies between them: sh $here/release.sh $former" ;;
esac
