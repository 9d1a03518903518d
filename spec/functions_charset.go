package spec

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// encodedTextFunction makes a function of a text and the name of an encoding.
func encodedTextFunction(parameter string, f func(text string, c charset) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: parameter, Type: cty.String}, {Name: "encoding", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			c, ok := charsets[strings.ToUpper(args[1].AsString())]
			if !ok {
				return cty.NilVal, function.NewArgErrorf(1, "there is no encoding %q; there are %s", clip(args[1].AsString(), 40), strings.Join(sortedKeys(charsets), ", "))
			}
			text, err := f(args[0].AsString(), c)
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.StringVal(text), nil
		},
	})
}

func textEncodeBase64(text string, c charset) (string, error) {
	raw, err := c.encode(text)
	return base64.StdEncoding.EncodeToString(raw), err
}

func textDecodeBase64(source string, c charset) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(source)
	if err != nil {
		return "", fmt.Errorf("the text is not Base64: %w", err)
	}
	return c.decode(raw)
}

// charset is a character encoding by its IANA name.
type charset struct {
	encode func(string) ([]byte, error)
	decode func([]byte) (string, error)
}

// charsets are those that files of prompts come in.
var charsets = map[string]charset{
	"UTF-8":        {encodeUTF8, decodeUTF8},
	"UTF-16LE":     utf16Charset(binary.LittleEndian),
	"UTF-16BE":     utf16Charset(binary.BigEndian),
	"US-ASCII":     byteCharset(0x80, nil),
	"ISO-8859-1":   byteCharset(0x100, nil),
	"WINDOWS-1252": byteCharset(0x100, windows1252[:]),
}

func encodeUTF8(s string) ([]byte, error) { return []byte(s), nil }

func decodeUTF8(raw []byte) (string, error) {
	if !utf8.Valid(raw) {
		return "", errors.New("the bytes are not UTF-8 text")
	}
	return string(raw), nil
}

func utf16Charset(order binary.AppendByteOrder) charset {
	units := order.(binary.ByteOrder)
	return charset{
		encode: func(s string) ([]byte, error) {
			var raw []byte
			for _, unit := range utf16.Encode([]rune(s)) {
				raw = order.AppendUint16(raw, unit)
			}
			return raw, nil
		},
		decode: func(raw []byte) (string, error) {
			if len(raw)%2 != 0 {
				return "", errors.New("the bytes are not UTF-16 text: their number is odd")
			}
			text := make([]uint16, len(raw)/2)
			for n := range text {
				text[n] = units.Uint16(raw[2*n:])
			}
			return string(utf16.Decode(text)), nil
		},
	}
}

// byteCharset has a character for each byte below limit: the one of that number
// in Unicode, but from 0x80 on those of high, as far as it goes; 0 is none.
func byteCharset(limit int, high []rune) charset {
	characters := make([]rune, limit)
	for n := range characters {
		characters[n] = rune(n)
		if n >= 0x80 && n-0x80 < len(high) {
			characters[n] = high[n-0x80]
		}
	}
	bytesOf := make(map[rune]byte, limit)
	for n, r := range characters {
		if r != 0 || n == 0 {
			bytesOf[r] = byte(n)
		}
	}
	return charset{
		encode: func(s string) ([]byte, error) {
			raw := make([]byte, 0, len(s))
			for _, r := range s {
				b, ok := bytesOf[r]
				if !ok {
					return nil, fmt.Errorf("the encoding has no character %q", r)
				}
				raw = append(raw, b)
			}
			return raw, nil
		},
		decode: func(raw []byte) (string, error) {
			var text strings.Builder
			for _, b := range raw {
				if int(b) >= limit || characters[b] == 0 && b != 0 {
					return "", fmt.Errorf("the byte 0x%02X is no character of the encoding", b)
				}
				text.WriteRune(characters[b])
			}
			return text.String(), nil
		},
	}
}

// windows1252 are the characters 0x80 to 0x9F, as the WHATWG's table has them
// but for the five that stand for nothing.
var windows1252 = [...]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}
