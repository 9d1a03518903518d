package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// A saved plan is a JSON object. Its first field tells what it is, whatever the
// file is called; its last is a checksum over all bytes before that field.
const (
	savedFormat  = "apixo-batch plan"
	savedVersion = 1
	savedHead    = "{\n  \"format\": \"" + savedFormat + `"`

	checksumLead   = ",\n  \"checksum\": \""
	checksumEnd    = "\"\n}\n"
	checksumLength = len(checksumLead) + len("sha256:") + 2*sha256.Size + len(checksumEnd)
)

// Write writes the plan as a file: indented JSON, with one line per action.
func (s *Saved) Write(w io.Writer) error {
	head, err := encode(struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
		*Saved
	}{savedFormat, savedVersion, s}, "  ")
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	var content bytes.Buffer
	content.Write(bytes.TrimSuffix(head, []byte("\n}")))
	content.WriteString(",\n  \"actions\": [")
	for i := range s.Actions {
		line, err := encode(&s.Actions[i], "")
		if err != nil {
			return fmt.Errorf("encode plan: %s: %w", s.Actions[i].Address, err)
		}
		if i > 0 {
			content.WriteByte(',')
		}
		content.WriteString("\n    ")
		content.Write(line)
	}
	content.WriteString("\n  ]")
	content.WriteString(checksumField(content.Bytes()))
	_, err = w.Write(content.Bytes())
	return err
}

// checksumField is the end of a plan with the given content before it.
func checksumField(content []byte) string {
	sum := sha256.Sum256(content)
	return checksumLead + "sha256:" + hex.EncodeToString(sum[:]) + checksumEnd
}

// encode is JSON without HTML escapes and without a newline at its end.
func encode(value any, indent string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
