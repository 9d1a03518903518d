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
// # Names
//
// The task that a webhook names for a submit without one is in the ledger (Name), beside
// the submit's money, so whoever has the Store can write it, whoever changes the record
// meanwhile. It is there before the webhook is answered, since that comes only once.
// Nothing proves it. It is settled once the submit has a task, or it turns out to be
// another submit's; a person may settle the submit in spite of it (Dismiss).
// Money that is given back for the submit waits until no name holds it. Until then
// a record that has nothing to show for the request of that submit is in doubt:
//
//	pending, failed    Open removes it and puts it as in_doubt, with that submit as its
//	                   latest; Read shows it so
//	in_doubt           its Doubt.Named is the name
//	anything else      as it is; the task becomes one of its past
//
// # Files
//
// For jobs.state.json (see Paths) there are
//
//	jobs.state.json         the snapshot: indented JSON, records sorted by address
//	jobs.state.journal      what happened since, one JSON object a line
//	jobs.state.json.backup  the snapshot before this one
//	jobs.state.lock         held while a process has the state open; a killed one
//	                        leaves the file
//	                        (what is there and is not such a file, a link say, is
//	                        never written or removed)
//
// and, after accidents,
//
//	jobs.state.json.unsaved       what Close had to write, when another program had
//	                              put another snapshot in the state's place
//	*.damaged-TIME                snapshot, journal and unsaved that a recovery
//	                              replaced, under their names
//	jobs.state.errored-RUN.jsonl  task IDs that the state could not take; the runner
//	                              writes it, here or elsewhere
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
//	  "changes": 5120,                                     counts commits, over all journals
//	  "last_line": "c5e8fef1",                             checksum of the last one that is in it
//	  "endpoint": "api.apixo.ai",                          or "simulated", "" before the first submit
//	  "mask_key": "89daf187...",                           for the HMACs of sensitive inputs
//	  "created": "2026-11-22T17:19:37Z",
//	  "records": [ ... ],                                  see Record
//	  "spends": [ ... ],                                   see Spend
//	  "approvals": [ ... ],                                see Approval
//	  "balances": [ ... ],                                 see Reading
//	  "interventions": [ ... ],                            see Intervention
//	  "limits": [ ... ],                                   see Limit; absent if none was found
//	  "checksum": "sha256:13affd5e..."                     over all bytes before its comma
//	}
//
// The first line of a journal names the snapshot that it continues, by lineage,
// serial and checksum; serial 0 is the empty state. Every other line is one
// write: a Change, number n, and under "also" those that were committed together
// with it, n+1 and so on:
//
//	{"n":5121,"t":"2026-11-22T17:20:01.5Z","op":"submitting",
//	 "put":[{"address":"task.hero[\"cat\"]",...}],
//	 "money":[{"kind":"reserve",...}],"also":[{"op":"running",...}],"p":"c5e8fef1","c":"51d0c0de"}
//
// "c" is CRC-32C over the bytes of the line before ,"c" and "p" is the "c" of the
// line before, so a line that was damaged, removed, added or moved is found.
// Every change alone: jq -c '., .also[]?'
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
// had been acknowledged that depends on it. Since a write is a line, that is all
// a power loss can do, whatever parts of a write it leaves. Any other damage, also
// of a complete last line, is a *CorruptError that names file, line and byte, and
// changes nothing: dropping an intent that was acknowledged would be to pay twice.
//
// What can be read need not be on the disk. A process that was killed between
// write and fsync, or whose fsync failed, leaves lines in the machine's memory
// that no later fsync of the file need write. So Open puts what it has read into
// a new journal, durably, before anything is built upon it.
//
// # Files that come from elsewhere
//
// A backup that is put back is a sound state that has forgotten what was bought
// since. So each machine remembers, outside the state, how many changes it has
// seen of each lineage, and where (Mark). Open refuses a state with fewer, and a
// new state where another one was, until that is accepted; which is written into
// the state. A mark is moved without fsync, a few times a second: it costs nothing
// and a lost one loses only the warning.
//
//	during a run                        outcome
//	journal replaced, cut, appended to  found before or after the next write; the run ends
//	journal edited, same size           found by the next Open: damage
//	another whole snapshot put there    Close leaves it, and writes its own beside it: damage
//	snapshot cut, emptied, removed      Close writes it anew: the run knows all that was in it
//	a copy set aside by a cloud sync    told by every Open, compared by Check
//
// # Damage
//
// Nothing is repaired in passing. Check finds what is wrong, changing nothing.
// Salvage reads what can be read: the newest whole snapshot, then every line that
// matches its own checksum, also behind damaged ones, since a line holds whole
// records; then what is legible in the rest. A record that may have been submitted
// in a lost part becomes in doubt, a running one is collected and not retried by
// itself. An instance whose every trace was lost cannot be known: the new state
// notes the loss (Intervention), and whoever buys with it has to accept that first.
// The damaged files are kept. A state that is replaced by an older document (Push)
// keeps that note, and gets one of its own.
//
// A mark for each state, away from its files, tells how far this machine has seen
// it and where (see Mark). A state that is older, gone, or another one than was
// there is refused until somebody accepts it: see RollbackError.
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
// What was killed is tested by killing. Errors and power losses are tested on a
// disk that fails (package disktest): at every operation of a state's life, with
// any part of what was not synced left behind. Disks that lie about fsync are not
// covered. Locks are the operating system's: on network file systems they hold
// only as far as those implement them. Checksums find accidents, not forgers.
package state
