package state

import (
	"os"
	"os/user"
)

// Who tells who runs this process, and where, as the state has it: "unknown"
// stands for what the system does not tell.
func Who() (name, host string) {
	name, host = "unknown", "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name, host
}
