package spec

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// encodingFunctions read and write formats.
func encodingFunctions() map[string]function.Function {
	return map[string]function.Function{
		"base64decode": textFunction("str", base64Decode),
		"base64encode": textFunction("str", func(s string) (string, error) {
			return base64.StdEncoding.EncodeToString([]byte(s)), nil
		}),
		"base64gunzip":     textFunction("str", base64Gunzip),
		"base64gzip":       textFunction("str", base64Gzip),
		"jsondecode":       decoding(stdlib.JSONDecodeFunc, func(text string) error { _, err := checkJSON([]byte(text)); return err }),
		"textdecodebase64": encodedTextFunction("source", textDecodeBase64),
		"textencodebase64": encodedTextFunction("string", textEncodeBase64),
		"urldecode":        textFunction("str", urlDecode),
		"jsonencode":       stdlib.JSONEncodeFunc,
		"urlencode":        textFunction("str", func(s string) (string, error) { return url.QueryEscape(s), nil }),
		"yamldecode":       decoding(yaml.YAMLDecodeFunc, checkYAML),
		"yamlencode":       yamlencodeFunction(),
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

func urlDecode(s string) (string, error) {
	decoded, err := url.QueryUnescape(s)
	if err == nil && !utf8.ValidString(decoded) {
		err = errors.New("the decoded bytes are not UTF-8 text")
	}
	return decoded, err
}

// yamlencodeFunction refuses bytes that are no text, at which the library never ends.
func yamlencodeFunction() function.Function {
	return function.New(&function.Spec{
		Description: yaml.YAMLEncodeFunc.Description(),
		Params:      yaml.YAMLEncodeFunc.Params(),
		Type:        yaml.YAMLEncodeFunc.ReturnTypeForValues,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !holdsText(args[0]) {
				return cty.NilVal, function.NewArgErrorf(0, "it holds bytes that are not UTF-8 text")
			}
			return yaml.YAMLEncodeFunc.Call(args)
		},
	})
}

// holdsText reports whether all texts in a value, the names of attributes among
// them, are UTF-8.
func holdsText(v cty.Value) bool {
	v, _ = v.Unmark()
	switch {
	case v.IsNull() || !v.IsKnown():
	case v.Type() == cty.String:
		return utf8.ValidString(v.AsString())
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if !holdsText(element) || key.Type() == cty.String && !utf8.ValidString(key.AsString()) {
				return false
			}
		}
	}
	return true
}

// maxUnpacked bounds what a compressed text becomes.
const maxUnpacked = maxFile

func base64Gzip(s string) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s) // a bytes.Buffer takes everything
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func base64Gunzip(s string) (string, error) {
	packed, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf("the text is not Base64: %w", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", fmt.Errorf("the bytes are not compressed with gzip: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("the bytes are not compressed with gzip: %w", err)
	case len(text) > maxUnpacked:
		return "", fmt.Errorf("unpacked, it is larger than %d MiB", maxUnpacked>>20)
	case !utf8.Valid(text):
		return "", errors.New("the unpacked bytes are not UTF-8 text")
	}
	return string(text), nil
}

// decoding makes a decoder check the text first, and lets it read what
// spreadsheets write: a byte order mark would be part of the first name.
func decoding(decode function.Function, check func(string) error) function.Function {
	strip := func(args []cty.Value) ([]cty.Value, error) {
		if !args[0].IsKnown() {
			return args, nil
		}
		text := strings.TrimPrefix(args[0].AsString(), byteOrderMark)
		err := check(text)
		if n := mayHoldNodes(text); n > maxValueNodes && err == nil {
			err = fmt.Errorf("it holds up to %d values, more than %d; split it", n, maxValueNodes)
		}
		if err != nil {
			return nil, function.NewArgError(0, err)
		}
		return []cty.Value{cty.StringVal(text)}, nil
	}
	return function.New(&function.Spec{
		Description: decode.Description(),
		Params:      decode.Params(),
		Type:        function.StaticReturnType(cty.DynamicPseudoType), // that of what is in the text
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			args, err := strip(args)
			if err != nil {
				return cty.NilVal, err
			}
			value, err := decode.Call(args)
			if err == nil {
				err = near(value)
			}
			return value, err
		},
	})
}

// checkYAML refuses what takes the decoder down, or takes it minutes.
func checkYAML(text string) error {
	if longestDigits([]byte(text)) > maxNumberText {
		return errLong
	}
	depth := 0
	for _, b := range []byte(text) {
		switch b {
		case '[', '{':
			if depth++; depth > maxNesting {
				return fmt.Errorf("more than %d brackets are nested", maxNesting)
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return nil
}
