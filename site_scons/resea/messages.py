"""Names and fields of recorded messages, by the IDL compiler's JSON."""

_METHOD_BITS, _INTERFACE_BITS = 8, 10
_REPLY = 1 << _METHOD_BITS
_INTERFACE_SHIFT = _METHOD_BITS + 1

# libs/common/include/types.h, from -1 down.
ERRORS = ["ERR_NO_MEMORY", "ERR_NOT_PERMITTED", "ERR_WOULD_BLOCK", "ERR_ABORTED", "ERR_TOO_LARGE",
          "ERR_TOO_SMALL", "ERR_NOT_FOUND", "ERR_INVALID_ARG", "ERR_INVALID_TASK",
          "ERR_ALREADY_EXISTS", "ERR_UNAVAILABLE", "ERR_NOT_ACCEPTABLE", "ERR_EMPTY",
          "DONT_REPLY", "ERR_IN_USE", "ERR_TRY_AGAIN", "ERR_END", "ERR_IO",
          "ERR_NO_SPACE", "ERR_TIMED_OUT", "ERR_REFUSED", "ERR_RESET", "ERR_UNREACHABLE"]

_SIGNED = {"int", "int8", "int16", "int32", "int64", "task", "handle", "enum"}


class Decoder:
    """`bits` are those of the guest's words."""

    def __init__(self, document, bits):
        self.bits = str(bits)
        self.messages = {(interface["number"], message["number"]): message
                         for interface in document["interfaces"]
                         for message in interface["messages"]}
        self.enums = {(enum["namespace"], enum["name"]): {v: k for k, v in enum["items"].items()}
                      for enum in document["enums"]}

    def find(self, type_):
        """A message's description, or None."""
        interface = type_ >> _INTERFACE_SHIFT & ((1 << _INTERFACE_BITS) - 1)
        return self.messages.get((interface, type_ & ((1 << _METHOD_BITS) - 1)))

    @staticmethod
    def error(code):
        """The name of an error."""
        return ERRORS[-code - 1] if -len(ERRORS) <= code < 0 else str(code)

    def name(self, type_):
        """fs.open, or the error that the type is."""
        if type_ < 0:
            return self.error(type_)
        message = self.find(type_)
        return message["name"] if message else f"message {type_:#x}"

    def describe(self, type_, data, ool_len):
        """What the first bytes of a message say: {"message": name, "fields": {…}}."""
        message = self.find(type_) if type_ >= 0 else None
        payload = message and message["reply" if type_ & _REPLY else "request"]
        if not payload:
            return {"message": self.name(type_)}
        fields = {field["name"]: self._value(message, field, data, ool_len)
                  for field in payload["fields"]}
        reply = " (reply)" if type_ & _REPLY else ""
        return {"message": message["name"] + reply,
                "fields": {name: value for name, value in fields.items() if value is not None}}

    def _value(self, message, field, data, ool_len):
        """A field's value; None if it isn't among the recorded bytes."""
        if field["base"] in ("str", "bytes"):
            return f"{ool_len} bytes"
        start, size = field["offset"][self.bits], field["size"][self.bits]
        piece = data[start:start + size]
        if len(piece) < size and not field["array"]:
            return None
        if field["array"]:
            text = field["base"] == "char"
            return piece.split(b"\0")[0].decode(errors="replace") if text else piece.hex()
        value = int.from_bytes(piece, "little", signed=field["base"] in _SIGNED)
        if field["enum"]:
            namespace = message["name"].rpartition(".")[0]
            return self.enums.get((namespace, field["enum"]), {}).get(value, value)
        return f"{value:#x}" if field["base"] in ("vaddr", "paddr") else value
