heka-tail -f 'my $log${x}.log' | heka-decode regex '(?P<a>\d+) "(?P<b>.*)"' | heka-filter top .a then head 3
