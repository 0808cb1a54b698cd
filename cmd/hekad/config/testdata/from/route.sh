heka-tail -f a.log | heka-decode nginx | heka-route '.status >= 500' | heka-out errors.json
