#!/bin/sh
# Puts uv (the installer that reads uv.lock) into .uv with nothing but a Python: get-uv.sh VERSION
set -eu
version=$1

python=
for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$name" >/dev/null 2>&1 &&
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "Warta needs Python 3.11 or newer, and none was found on the PATH." >&2
    exit 1
fi

rm -rf .uv
if "$python" -m venv .uv >/dev/null 2>&1; then
    .uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$version"
elif "$python" -m pip --version >/dev/null 2>&1; then
    rm -rf .uv
    "$python" -m pip install --quiet --disable-pip-version-check --target .uv "uv==$version"
else
    rm -rf .uv
    echo "$python has neither its venv module nor pip, so the installer uv can't be fetched." >&2
    echo "Debian, Ubuntu: sudo apt install python3-venv   (or install uv yourself: https://docs.astral.sh/uv)" >&2
    exit 1
fi
