-- Objects and arrays in each other, from JSON.
local cjson = require "cjson"
local decode = cjson.decode
local text = [==[{"a":{"b":{"c":[1,2,{"d":"e"}],"f":[]},"g":{"h":true,"i":false}},"j":[[1,2],[3,4],[{"k":"l"},{"m":"n"}]],"o":{"p":{"q":{"r":{"s":"t"}}}}}]==]

function process_message()
  for i = 1, 100 do
    if not decode(text).a then return -1 end
  end
  return 0
end
