package jobs

import (
	"context"
	"time"
)

// lease is one job's hold on its lease. What was taken is remembered and only
// renewed in its second half: a job that runs every second would otherwise write
// to the disk every second, all night.
type lease struct {
	store       Leases
	name, owner string
	renew       <-chan time.Time // nil = not held; fires when it is time to renew
}

// leaseFor returns how long a lease lasts for a job that runs every so often:
// long enough to be renewed in time, short enough that another server takes over
// soon when this one dies.
func leaseFor(every time.Duration) time.Duration { return max(3*every, 15*time.Second) }

// hold reports whether the lease is ours now.
func (l *lease) hold(ctx context.Context, d time.Duration) (bool, error) {
	if l.renew != nil {
		select {
		case <-l.renew:
		default:
			return true, nil
		}
	}
	l.renew = nil
	held, err := l.store.Lease(ctx, l.name, l.owner, d)
	if held && err == nil {
		l.renew = time.After(d / 2)
	}
	return held && err == nil, err
}

// giveBack releases a lease that is held, for the server that starts next.
func (l *lease) giveBack(ctx context.Context) {
	if l.renew == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = l.store.ReleaseLease(ctx, l.name, l.owner) // it runs out by itself otherwise
}
