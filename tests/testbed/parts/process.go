package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// part is one program of the testbed: started, watched, stopped and started again by name.
type part struct {
	name    string
	program string
	args    []string
	env     []string
	bed     *bed

	mutex sync.Mutex
	child *exec.Cmd
	ended chan struct{}
	// ready is what the part was last waited for with; it is waited for so again when a test starts it anew.
	ready func() error
}

type spawnRequest struct {
	child *exec.Cmd
	done  chan error
}

// startSpawner gives every child one parent thread that lives as long as we do: the kernel sends a
// child its death signal when the *thread* that started it ends.
func startSpawner() chan spawnRequest {
	requests := make(chan spawnRequest)
	go func() {
		runtime.LockOSThread()
		for request := range requests {
			request.done <- request.child.Start()
		}
	}()
	return requests
}

func (b *bed) spawn(child *exec.Cmd) error {
	done := make(chan error, 1)
	b.spawner <- spawnRequest{child, done}
	return <-done
}

// add starts a part; its output goes to a log of its own.
func (b *bed) add(name, program string, args ...string) (*part, error) {
	return b.addWith(nil, name, program, args...)
}

func (b *bed) addWith(env []string, name, program string, args ...string) (*part, error) {
	p := &part{name: name, program: program, args: args, env: env, bed: b}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.closing {
		return nil, fmt.Errorf("%s was not started: the run is ending", name)
	}
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("%s could not be started: %w", name, err)
	}
	b.parts = append(b.parts, p)
	b.say("started %s (%d)", name, p.child.Process.Pid)
	return p, nil
}

// forget drops a part that ended.
func (b *bed) forget(gone *part) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.parts = slices.DeleteFunc(b.parts, func(p *part) bool { return p == gone })
}

func (p *part) logFile() string { return p.bed.path(p.name + ".log") }

func (p *part) start() error {
	log, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	child := exec.Command(p.program, p.args...)
	child.Dir = p.bed.folder
	child.Env = append(os.Environ(), p.env...)
	child.Stdout, child.Stderr = log, log
	// A group of its own: a Ctrl-C at the terminal is for COMMAND. And never longer alive than we are.
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if err := p.bed.spawn(child); err != nil {
		return err
	}
	p.child, p.ended = child, make(chan struct{})
	go func(child *exec.Cmd, ended chan struct{}) {
		child.Wait()
		close(ended)
	}(child, p.ended)
	return nil
}

// kill ends the part's whole group at once: what it holds is thrown away anyway.
func (p *part) kill() {
	p.mutex.Lock()
	child, ended := p.child, p.ended
	p.mutex.Unlock()
	if child == nil {
		return
	}
	syscall.Kill(-child.Process.Pid, syscall.SIGKILL)
	<-ended
}

// stop asks the part to end, and insists after a while.
func (p *part) stop() {
	p.mutex.Lock()
	child, ended := p.child, p.ended
	p.mutex.Unlock()
	child.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		p.kill()
	}
}

func (p *part) signal(number syscall.Signal) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return syscall.Kill(-p.child.Process.Pid, number)
}

func (p *part) alive() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// until polls a condition as long as the part lives; a part that ended is reported with the end of its log.
func (p *part) until(what string, limit time.Duration, ready func() error) error {
	p.mutex.Lock()
	p.ready = ready
	p.mutex.Unlock()
	deadline := time.Now().Add(limit)
	for pause := 10 * time.Millisecond; ; pause = min(pause*2, 100*time.Millisecond) {
		err := ready()
		if err == nil {
			p.bed.say("%s: %s", p.name, what)
			return nil
		}
		if !p.alive() {
			return fmt.Errorf("%s ended before it was ready:\n%s", p.name, tail(p.logFile(), 12))
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not %s within %s: %w\n%s", p.name, what, limit, err, tail(p.logFile(), 12))
		}
		time.Sleep(pause)
	}
}

// adoptOrphans makes us the parent of whatever COMMAND leaves behind, so that we can end it.
func adoptOrphans() {
	const prSetChildSubreaper = 36
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
}

// killDescendants ends every process below us, orphans of COMMAND included.
func killDescendants() {
	for range 50 {
		below := children(os.Getpid())
		if len(below) == 0 {
			return
		}
		for _, pid := range below {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		for _, pid := range below {
			var status syscall.WaitStatus
			syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// children lists the direct children; those of a killed child come to us next (we are their reaper).
func children(of int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		bytes, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		// The name in brackets may hold anything: the fields are counted from its last bracket.
		_, rest, _ := strings.Cut(string(bytes[max(0, strings.LastIndexByte(string(bytes), ')')):]), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(of) {
			found = append(found, pid)
		}
	}
	return found
}

// inForeground says whether our group has the terminal.
func inForeground() bool {
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer terminal.Close()
	var group int32
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, terminal.Fd(), syscall.TIOCGPGRP, uintptr(unsafe.Pointer(&group)))
	return failed == 0 && int(group) == syscall.Getpgrp()
}
