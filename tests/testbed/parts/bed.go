package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// bed is one run: a folder, a loopback address of its own, and the parts it started.
//
// Each run claims an address in 127.0.0.0/8 and gives its parts fixed ports there: runs in parallel
// cannot take each other's ports, and no port can be taken between the choice and its use.
type bed struct {
	folder  string
	address string
	claim   net.Listener
	lock    *os.File
	log     *os.File
	spawner chan spawnRequest
	began   time.Time

	mutex   sync.Mutex
	parts   []*part
	closing bool
	exports map[string]string
}

// The ports of the parts on the address of their run.
const (
	portControl    = 6440
	portAPI        = 6443
	portEtcd       = 2379
	portEtcdPeer   = 2380
	portKwok       = 10250
	portPrometheus = 9090
	portProxy      = 8080
	portProxyAdmin = 8081
	portStable     = 8101
	portCanary     = 8102
	portBridge     = 8103
	portLoad       = 8104
)

const folderPrefix = "tminus-testbed-"

func newBed() (*bed, error) {
	removeStale()
	folder, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(folder, "run.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	b := &bed{folder: folder, lock: lock, log: log, began: time.Now(), exports: map[string]string{}}
	if err := b.claimAddress(); err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	b.spawner = startSpawner()
	return b, nil
}

// claimAddress takes a loopback address no other run has: whoever listens on its control port owns it.
func (b *bed) claimAddress() error {
	var err error
	for range 64 {
		address := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(256), 1+rand.IntN(250))
		if b.claim, err = net.Listen("tcp", fmt.Sprintf("%s:%d", address, portControl)); err == nil {
			b.address = address
			return nil
		}
	}
	return fmt.Errorf("no loopback address could be claimed: %w", err)
}

// at is a host and port of this run.
func (b *bed) at(port int) string { return fmt.Sprintf("%s:%d", b.address, port) }

func (b *bed) path(names ...string) string {
	return filepath.Join(append([]string{b.folder}, names...)...)
}

// export sets a variable for COMMAND.
func (b *bed) export(name, value string) { b.exports[name] = value }

// say writes a line of progress to the log of the run.
func (b *bed) say(format string, values ...any) {
	fmt.Fprintf(b.log, "%7.3f %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, values...))
}

// close stops everything and removes the folder.
func (b *bed) close() {
	b.stopAll()
	if os.Getenv("TMINUS_TESTBED_KEEP") == "" {
		os.RemoveAll(b.folder)
	}
}

// keep stops everything and leaves the folder for whoever looks into a failure.
func (b *bed) keep() string {
	b.stopAll()
	return b.folder
}

func (b *bed) stopAll() {
	b.mutex.Lock()
	b.closing = true
	parts := b.parts
	b.mutex.Unlock()
	for _, part := range parts {
		part.kill()
	}
	killDescendants()
	b.claim.Close()
	b.lock.Close()
}

// removeStale removes the folders of runs that were killed before they could: nobody holds their lock.
func removeStale() {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, folder := range found {
		lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && !hasFile(folder, "kept") {
			os.RemoveAll(folder)
		}
		lock.Close()
	}
}

func hasFile(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

// tail is the end of a file, for a message about a part that did not start.
func tail(path string, lines int) string {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(bytes), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}
