# Installs a lock file into an environment: sh requirements/install.sh .venv/bin/python run.txt
# With uv, which takes a fraction of pip's time; with pip where uv cannot be had or does not work.
python=$1
lock=requirements/$2

pip_install() {
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$1"
}

uv_install() {
  # uv does not read pip's settings, and a company's mirror may be the only index that answers.
  index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null)}
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"; fi
  "$(dirname "$python")/uv" pip install --quiet --python "$python" --compile-bytecode \
    --no-deps --require-hashes -r "$1"
}

if pip_install requirements/uv.txt && uv_install "$lock"; then exit 0; fi
echo "uv could not install $lock: pip does, which takes longer"
pip_install "$lock"
