heka-tail access.log | heka-decode nginx | heka-filter count by .status -o table > count.txt
