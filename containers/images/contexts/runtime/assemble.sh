#!/bin/sh
# Makes /opt/runtime self-contained: it copies the libraries, and sets the programs' loader and search path to them.
set -eu
runtime=/opt/runtime
version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')

cp "/usr/bin/python$version" "$runtime/bin/python$version"
ln -s "python$version" "$runtime/bin/python3"
mkdir -p "$runtime/lib"
cp -r "/usr/lib/python$version" "$runtime/lib/"
# Servers do not need the test suite, editors, and pip's installers.
cd "$runtime/lib/python$version"
rm -rf test idlelib turtledemo tkinter ensurepip lib2to3 EXTERNALLY-MANAGED
find . -name __pycache__ -prune -exec rm -rf {} +
python3 -m compileall -q -j 0 .

# Every library of every program and extension module, as the loader finds it here; and all of the C library with its
# loader, because packages that are installed later may need any part of it.
loader=$(patchelf --print-interpreter "$runtime/bin/node")
{
  find "$runtime" -type f \( -path '*/bin/*' -o -name '*.so' \) -exec ldd {} + 2>/dev/null | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'
  dpkg -L libc6 | grep -E '/lib[^/]+\.so[.0-9]*$'
  echo "$loader"
} | sort -u | while read -r library; do cp -L "$library" "$runtime/lib/"; done

# --force-rpath: unlike DT_RUNPATH, DT_RPATH also serves the libraries of extension modules that are installed later.
# Set the search path first: if the interpreter is set first, patchelf 0.18 produces a Node that crashes.
for program in "$runtime/bin/node" "$runtime/bin/python$version"; do
  patchelf --force-rpath --set-rpath "$runtime/lib" "$program"
  patchelf --set-interpreter "$runtime/lib/$(basename "$loader")" "$program"
done
"$runtime/bin/node" --version
"$runtime/bin/python3" -c 'import ssl, sqlite3, ctypes, sys; print(sys.version, sys.prefix); assert sys.prefix == "/opt/runtime"'
