package view

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestJSONObeysNoTerminal(t *testing.T) {
	hostile := "a\u202eb\u009bc\x1b[31m\U000E0001 köttbullar 🦊"
	var b bytes.Buffer
	if err := WriteJSON(&b, map[string]string{"message": hostile}, "  "); err != nil {
		t.Fatal(err)
	}
	const want = "{\n  \"message\": \"a\\u202eb\\u009bc\\u001b[31m\\udb40\\udc01 köttbullar 🦊\"\n}\n"
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
	var back map[string]string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back["message"] != hostile {
		t.Errorf("read back as %q, %v", back["message"], err)
	}
}
