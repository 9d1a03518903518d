package spec

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// hashFunctions hash texts, by their UTF-8 bytes, and files, which are hashed as
// they are on disk.
func hashFunctions(files *fileReader) map[string]function.Function {
	return map[string]function.Function{
		"base64sha256":     hashFunction(sha256.New, base64.StdEncoding.EncodeToString),
		"base64sha512":     hashFunction(sha512.New, base64.StdEncoding.EncodeToString),
		"filebase64sha256": fileHashFunction(files, sha256.New, base64.StdEncoding.EncodeToString),
		"filebase64sha512": fileHashFunction(files, sha512.New, base64.StdEncoding.EncodeToString),
		"filemd5":          fileHashFunction(files, md5.New, hex.EncodeToString),
		"filesha1":         fileHashFunction(files, sha1.New, hex.EncodeToString),
		"filesha256":       fileHashFunction(files, sha256.New, hex.EncodeToString),
		"filesha512":       fileHashFunction(files, sha512.New, hex.EncodeToString),
		"md5":              hashFunction(md5.New, hex.EncodeToString),
		"sha1":             hashFunction(sha1.New, hex.EncodeToString),
		"sha256":           hashFunction(sha256.New, hex.EncodeToString),
		"sha512":           hashFunction(sha512.New, hex.EncodeToString),
		"uuidv5":           uuidv5Function(),
	}
}

func sum(algorithm func() hash.Hash, data []byte) []byte {
	h := algorithm()
	h.Write(data) // never fails
	return h.Sum(nil)
}

func hashFunction(algorithm func() hash.Hash, write func([]byte) string) function.Function {
	return textFunction("str", func(s string) (string, error) { return write(sum(algorithm, []byte(s))), nil })
}

func fileHashFunction(files *fileReader, algorithm func() hash.Hash, write func([]byte) string) function.Function {
	return textFunction("path", func(path string) (string, error) {
		content, err := files.read(path, maxFile)
		if err != nil {
			return "", err
		}
		return write(sum(algorithm, content)), nil
	})
}

// namespaces are those that RFC 9562, section 6.6, names.
var namespaces = map[string]string{
	"dns":  "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	"url":  "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
	"oid":  "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
	"x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
}

// uuidv5Function makes a UUID from a namespace and a name (RFC 9562, version 5).
// The same arguments give the same one.
func uuidv5Function() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "namespace", Type: cty.String}, {Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			namespace, err := parseUUID(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			b := sum(sha1.New, append(namespace, args[1].AsString()...))[:16]
			b[6] = b[6]&0x0f | 0x50
			b[8] = b[8]&0x3f | 0x80
			return cty.StringVal(formatUUID(b)), nil
		},
	})
}

func parseUUID(text string) ([]byte, error) {
	if named, ok := namespaces[text]; ok {
		text = named
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(raw) != 16 || formatUUID(raw) != strings.ToLower(text) {
		return nil, errors.New(`a namespace is a UUID, or one of "dns", "oid", "url", "x500"`)
	}
	return raw, nil
}

func formatUUID(b []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
