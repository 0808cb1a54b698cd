heka-tail -f a.log -o json | jq -c . | heka-decode json | heka-out -o json > out/all.json
