# shellcheck shell=bash
# Sourced by whoever builds: compiles through ccache where it is installed, with what it needs to see through precompiled headers and to
# share between build folders.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_NOHASHDIR=1
if command -v ccache >/dev/null; then export HALLMARK_COMPILER_LAUNCHER=ccache; fi
