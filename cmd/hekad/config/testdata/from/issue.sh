heka-tail -f access.log | heka-decode nginx | heka-filter top .uri every 5s | heka-out top.json
