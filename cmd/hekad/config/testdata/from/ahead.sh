journalctl -f -o json | heka-decode json | heka-filter where 'Severity <= 3' then head 100
