heka-tail -f a.log | ./mine.py --fast | heka-filter count | heka-out -o json counts.json
