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
	"net/url"
	"strings"
	"unicode/utf8"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// encodingFunctions read and write formats, and hash.
func encodingFunctions() map[string]function.Function {
	return map[string]function.Function{
		"base64decode": textFunction("str", base64Decode),
		"base64encode": textFunction("str", func(s string) (string, error) {
			return base64.StdEncoding.EncodeToString([]byte(s)), nil
		}),
		"jsondecode": withoutByteOrderMark(stdlib.JSONDecodeFunc),
		"jsonencode": stdlib.JSONEncodeFunc,
		"md5":        hashFunction(md5.New),
		"sha1":       hashFunction(sha1.New),
		"sha256":     hashFunction(sha256.New),
		"sha512":     hashFunction(sha512.New),
		"urlencode":  textFunction("str", func(s string) (string, error) { return url.QueryEscape(s), nil }),
		"yamldecode": withoutByteOrderMark(yaml.YAMLDecodeFunc),
		"yamlencode": yaml.YAMLEncodeFunc,
	}
}

func base64Decode(s string) (string, error) {
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf("the text is not Base64: %w", err)
	}
	if !utf8.Valid(decoded) {
		return "", errors.New("the decoded bytes are not UTF-8 text")
	}
	return string(decoded), nil
}

// hashFunction gives the hash of a text's UTF-8 bytes, in hexadecimal.
func hashFunction(algorithm func() hash.Hash) function.Function {
	return textFunction("str", func(s string) (string, error) {
		h := algorithm()
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil)), nil
	})
}

// withoutByteOrderMark lets a decoder read what spreadsheets write: with the
// mark, the first column of a CSV file would have another name than it shows.
func withoutByteOrderMark(decode function.Function) function.Function {
	strip := func(args []cty.Value) []cty.Value {
		if !args[0].IsKnown() {
			return args
		}
		return []cty.Value{cty.StringVal(strings.TrimPrefix(args[0].AsString(), byteOrderMark))}
	}
	return function.New(&function.Spec{
		Description: decode.Description(),
		Params:      decode.Params(),
		Type:        func(args []cty.Value) (cty.Type, error) { return decode.ReturnTypeForValues(strip(args)) },
		Impl:        func(args []cty.Value, _ cty.Type) (cty.Value, error) { return decode.Call(strip(args)) },
	})
}
