heka-decode json < app.json | heka-filter stats .took by .host | heka-filter top .host
