heka-tail -f '/var/log/*.log' >> all.heka
