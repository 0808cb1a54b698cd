-- Emits the request of each message.
function process_message()
	inject_payload("txt", "request", read_message("Fields[request]") or "-")
	return 0
end
