#!/bin/sh
# Exits every position that it is given while a file exists, such as one that a calendar job makes before news.
#   advisors:
#     - { name: news, command: [sh, news-flattener.sh, /run/news], instruments: ['EUR*'], mayExit: true }
news="$1"
while IFS= read -r line; do
  case "$line" in
    *'"type":"update"'*)
      seq=$(printf '%s' "$line" | sed 's/.*"seq":\([0-9]*\).*/\1/')
      if [ -e "$news" ]; then
        printf '%s' "$line" | grep -o '"id":"[^"]*"' | sort -u | while IFS= read -r id; do
          printf '{"type":"exit","position":%s}\n' "${id#\"id\":}"
        done
      fi
      printf '{"type":"ok","seq":%s}\n' "$seq"
      ;;
  esac
done
