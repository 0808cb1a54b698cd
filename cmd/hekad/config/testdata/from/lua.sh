heka-tail -f -n 10 a.log | heka-decode nginx | heka-filter lua http_status --every 10s --config rows=60 | heka-route 'Type == "heka.sandbox-output"' | heka-filter top .x | heka-route TRUE > top.heka
