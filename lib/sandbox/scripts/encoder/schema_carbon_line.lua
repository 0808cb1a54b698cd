-- Makes lines for Carbon of all fields that are numbers: name value time.
--
-- config (default)
--   name_prefix (nil)            before each name; may have %{parts} of the message
--   name_prefix_delimiter (".")  between the prefix and the name
--   skip_fields (nil)            fields to leave out, separated by blanks; **all_base** is
--                                all headers
--   source_value_field (nil)     the one field that is the value; the name is the prefix

local protocol = require "ts_line_protocol"
require "table"

local config = protocol.set_config{
    carbon_format         = true,
    timestamp_precision   = "s",
    name_prefix           = read_config("name_prefix"),
    name_prefix_delimiter = read_config("name_prefix_delimiter") or ".",
    skip_fields_str       = read_config("skip_fields"),
    source_value_field    = read_config("source_value_field"),
}

function process_message()
    local lines = protocol.carbon_line_msg(config)
    if #lines == 0 then return -2 end
    inject_payload("txt", "", table.concat(lines, "\n"), "\n")
    return 0
end
