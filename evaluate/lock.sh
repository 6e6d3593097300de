#!/usr/bin/env bash
# Writes constraints.txt: the exact versions of everything, for every supported Python. Needs uv.
# torch and what it brings along are left out: which build is right (CPU, CUDA) is the machine's to say.
set -euo pipefail
cd "$(dirname "$0")/.."
{
  echo "# Exact versions for reproducible installs (pip install -c constraints.txt …); written by evaluate/lock.sh."
  uv pip compile pyproject.toml --universal --python-version 3.10 --all-extras --no-header --no-annotate -q |
    grep -vE '^(torch|triton|nvidia-|cuda-)'
} > constraints.txt.new
mv constraints.txt.new constraints.txt
