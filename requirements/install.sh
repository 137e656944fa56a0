# Installs a lock file into an environment: sh requirements/install.sh .venv/bin/python run.txt
# With uv, which takes a fraction of pip's time; with pip where uv cannot be had or does not work.
python=$1
lock=requirements/$2
programs=$(dirname "$python")

pip_install() {
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$1"
}

uv_install() {
  # uv does not read pip's settings, and a company's mirror may be the only index that answers.
  index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null)}
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"; fi
  # uv's own cache is in the home directory, which a service's account may not be able to write.
  export UV_CACHE_DIR="${UV_CACHE_DIR:-$programs/../uv-cache}"
  # Constraints of pyproject.toml, of a project around this one or of the person have no hashes, so
  # with any of them uv refuses every lock file.
  unset UV_CONSTRAINT UV_OVERRIDE
  "$programs/uv" pip install --no-config --quiet --python "$python" --compile-bytecode \
    --no-deps --require-hashes -r "$1"
}

if reason=$( (pip_install requirements/uv.txt && uv_install "$lock") 2>&1 ); then status=0; else
  echo "uv could not install $lock: pip does, which takes longer. The reason:"
  echo "$reason"
  pip_install "$lock"
  status=$?
fi
rm -rf "$programs/../uv-cache"
exit $status
