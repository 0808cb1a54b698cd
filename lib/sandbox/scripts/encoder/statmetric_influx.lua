-- Makes JSON for InfluxDB before 0.9 of messages of Type heka.statmetric that have the metrics as
-- fields: a series for each metric.
--
-- config: none

local cjson = require "cjson"
require "string"
require "table"

function process_message()
    local seconds = read_message("Fields[timestamp]")
    if type(seconds) ~= "number" or not (seconds > -1e15 and seconds < 1e15) then
        return -1, "no time: Fields[timestamp]"
    end

    local list = {}
    while true do
        local typ, name, value = read_next_field()
        if not typ then break end
        if name ~= "timestamp" and type(value) == "number" and value - value == 0 then
            table.insert(list, {name = name, columns = {"time", "value"},
                                points = {{seconds * 1000, value}}})
        end
    end
    if not list[1] then return -2 end
    inject_payload("json", "statmetric", cjson.encode(list), "\n")
    return 0
end
