package main

import (
	"context"
	"errors"

	"kyoten/auth"
	"kyoten/demo"
	"kyoten/models"
)

// tenant is whose database it is: a consortium's, or a demo's.
type tenant interface {
	// settle fills an empty database, and refuses one of another tenant.
	settle(ctx context.Context, store *models.Store) error
	// greet tells the reader of the console where to go.
	greet(ctx context.Context, con console, who *auth.Service, base string) error
}

// The setting that says whose a database is.
const (
	tenantSetting    = "tenant"
	consortiumTenant = "consortium"
	demoTenant       = "demo"
)

var (
	errDemosDatabase = errors.New("this database is a demo's: start it with kyoten demo, or give serve another --data or --database-url")
	errNotDemos      = errors.New("this database is neither empty nor a demo's: give demo another --data or --database-url")
)

// claim makes an empty database ours by running fill, once, however many servers
// start together. It returns other when the database is somebody else's.
func claim(ctx context.Context, store *models.Store, ours string, other error, fill func(tx *models.Store) error) error {
	return store.InTx(ctx, func(tx *models.Store) error {
		won, err := tx.ClaimSetting(ctx, tenantSetting, ours)
		if err != nil {
			return err
		}
		if won {
			return fill(tx)
		}
		whose, err := tx.Setting(ctx, tenantSetting)
		if err == nil && whose != ours {
			return other
		}
		return err
	})
}

// consortium is the tenant of kyoten serve: real sites, and people who are added
// by their administrator.
type consortium struct{}

func (consortium) settle(ctx context.Context, store *models.Store) error {
	return claim(ctx, store, consortiumTenant, errDemosDatabase, func(tx *models.Store) error {
		return demo.Found(ctx, tx)
	})
}

// greet prints a link that makes the first administrator for as long as there is
// nobody: no password is ever built in.
func (consortium) greet(ctx context.Context, con console, who *auth.Service, base string) error {
	token, err := who.FirstAdminLink(ctx)
	if err != nil || token == "" {
		return err
	}
	con.printf("Nobody has an account yet. This link makes the first administrator, once, within 48 hours:\n  %s\n", linkURL(base, token))
	return nil
}

// linkURL is the page of a one-time link.
func linkURL(base, token string) string { return base + "/links/" + token }
