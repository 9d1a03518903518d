// Package state keeps what is known of every instance on disk: its record, and
// the ledger of what was reserved and paid. It is written so that a process may
// end at any moment, and the next one continues from what is true.
//
// # Life of a record
//
//	       refused, and it may be repeated
//	   +------------------------------------+
//	   v                                    |
//	pending ----------------------> submitting --accepted--> running --> succeeded
//	   ^                             ^  |   |                   |            |
//	   |                             |  |   | refused for good  |            | regenerated:
//	   |                   resubmit, |  |   +-----> failed <----+            | submitting
//	   |                  by resolve |  | answer lost, or        |
//	   |                             |  v process ended          +-> submitting, as a new attempt
//	   +--- not charged ---------- in_doubt --task ID found--> running
//	                                    +----given up-------> failed
//
// A status may also be written again as it is (files arrive, a doubt is moved to
// a new address), except submitting: see CanBecome. A new address may begin with
// any status, since a rename removes the record at one address and puts it at
// another.
//
// # Files
//
// For jobs.state.json (see Paths) there are
//
//	jobs.state.json         the snapshot: indented JSON, records sorted by address
//	jobs.state.journal      what happened since, one JSON object a line
//	jobs.state.json.backup  the snapshot before this one
//	jobs.state.lock         only while a process has the state open
//
// During a run only the journal grows, so a change costs the same whether the
// state has a hundred records or a hundred thousand. Close writes the next
// snapshot and an empty journal. All files have mode 0600.
//
// The snapshot:
//
//	{
//	  "format": "apixo-batch state",
//	  "version": 1,
//	  "tool": "apixo-batch 1.0.0",
//	  "lineage": "b857d27d-4b54-41cd-b4e3-e32fec555fb5",   the state's name, for ever
//	  "serial": 3,                                         counts snapshots
//	  "changes": 5120,                                     counts journal lines, over all journals
//	  "last_line": "c5e8fef1",                             checksum of the last one that is in it
//	  "endpoint": "api.apixo.ai",                          or "simulated", "" before the first submit
//	  "mask_key": "89daf187...",                           for the HMACs of sensitive inputs
//	  "created": "2026-11-22T17:19:37Z",
//	  "records": [ ... ],                                  see Record
//	  "spends": [ ... ],                                   see Spend
//	  "approvals": [ ... ],                                see Approval
//	  "balances": [ ... ],                                 see Reading
//	  "checksum": "sha256:13affd5e..."                     over all bytes before its comma
//	}
//
// The first line of a journal names the snapshot that it continues, by lineage,
// serial and checksum; serial 0 is the empty state. Every other line is one
// Change:
//
//	{"n":5121,"t":"2026-11-22T17:20:01.5Z","op":"submitting","put":[{"address":"task.hero[\"cat\"]",...}],
//	 "money":[{"kind":"reserve",...}],"p":"c5e8fef1","c":"51d0c0de"}
//
// "c" is CRC-32C over the bytes of the line before ,"c" and "p" is the "c" of the
// line before, so a line that was damaged, removed, added or moved is found.
//
// # Reading
//
// Files are sniffed for format and version before anything else in them is
// believed; a newer version is refused. Fields that this release does not know
// are kept: those of the snapshot's top level always, those of the elements of
// its lists, at any depth, until the element is replaced.
//
//	snapshot   journal                    outcome
//	none       none                       a new state
//	none       continues serial 0         replayed
//	none       continues a later serial   error; names the backup
//	serial N   none                       the snapshot, and a notice
//	serial N   continues this snapshot    replayed
//	serial N   what it was made from      already in it: the process ended between two steps of Close
//	serial N   anything else              error
//
// An unfinished last line of a journal is left out, and cut by Open: one without
// a newline, or with bytes that were never written and read as zeros. Nothing
// had been acknowledged that depends on it. Any other damage, also of a complete
// last line, is a *CorruptError that names file, line and byte, and changes
// nothing: dropping an intent that was acknowledged would be to pay twice.
//
// # What is promised
//
// When Commit returns nil, the change was written and fdatasync (elsewhere
// fsync, on macOS F_FULLFSYNC) returned without an error, and the lock and the
// journal were still ours before and after. It then survives the end of the
// process, and that of the power as far as file system and disk keep the promise
// of fsync. New files are fsynced before they are renamed and the directory is
// after. An error in writing is final: fsync is not tried again, since it may
// then succeed without the data.
//
// What was killed is tested by killing. Loss of power is not simulated beyond
// cutting files at every byte and mixing their generations; disks that lie about
// fsync are not covered. Locks are the operating system's: on network file
// systems they hold only as far as those implement them. A power loss that
// persists later lines of the last write but not earlier ones is reported as
// damage and not repaired. Checksums find accidents, not forgers.
package state
