package state

import "bytes"

// valueEnd is where the JSON value ends that b begins with, -1 if that is not in b.
// What is no JSON ends somewhere: whoever decodes it finds out.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := stringEnd(b[i:])
			if n < 0 || depth == 0 {
				return n
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1
			}
		default:
			if depth == 0 {
				return bytes.IndexAny(b, " \t\r\n,:]}")
			}
		}
	}
	return -1
}

// stringEnd is where the text ends, quotes included, that b begins with, -1 if that is
// not in b.
func stringEnd(b []byte) int {
	for i := 1; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		text := b[1 : i+n]
		i += n
		if escapes := len(text) - len(bytes.TrimRight(text, `\`)); escapes%2 == 0 {
			return i + 1
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
