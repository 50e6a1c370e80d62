package places

import (
	"context"
	"slices"
	"strconv"

	"kyoten/models"
)

var plans = noun[models.Plan]{
	name: "plan", insert: storeNewPlan, update: storePlan,
	facts: func(p *models.Plan) facts { return facts{id: p.ID.String(), version: p.Version} },
	judge: judgePlan,
}

// CreatePlan stores a new plan. The first one is the common plan.
func (s *Service) CreatePlan(ctx context.Context, p models.Principal, plan *models.Plan) error {
	return plans.create(ctx, s, p, plan)
}

// UpdatePlan changes a plan. A plan that becomes the common one takes that from
// the one before; it cannot be given up otherwise.
func (s *Service) UpdatePlan(ctx context.Context, p models.Principal, id models.ID, match models.Match, change func(*models.Plan)) (models.Plan, error) {
	return plans.edit(ctx, s, p, match, func(tx *models.Store) (models.Plan, error) { return tx.PlanForEdit(ctx, id) }, change)
}

// DeletePlan removes a plan that nobody has; models.ErrInUse otherwise.
func (s *Service) DeletePlan(ctx context.Context, p models.Principal, id models.ID) error {
	return s.remove(ctx, p, "plan", id.String(), "", func(tx *models.Store) error {
		plan, err := tx.PlanForEdit(ctx, id)
		if err != nil {
			return err
		}
		if plan.IsDefault {
			return ErrLastDefault
		}
		return tx.DeletePlan(ctx, id)
	})
}

func storeNewPlan(tx *models.Store, ctx context.Context, plan *models.Plan) error {
	if err := tx.InsertPlan(ctx, plan); err != nil || !plan.IsDefault {
		return err
	}
	return tx.OnlyDefault(ctx, plan.ID)
}

func storePlan(tx *models.Store, ctx context.Context, plan *models.Plan) error {
	if err := tx.UpdatePlan(ctx, plan); err != nil || !plan.IsDefault {
		return err
	}
	return tx.OnlyDefault(ctx, plan.ID)
}

func judgePlan(_ context.Context, _ *models.Store, c *models.Catalogue, plan *models.Plan) error {
	if err := named(&plan.NameJA, &plan.NameEN); err != nil {
		return err
	}
	for i, slug := range plan.Sites {
		if _, err := c.Site(slug); err != nil {
			return models.ErrInvalidInput.On("sites/" + strconv.Itoa(i)).Saying("nothing_there")
		}
		if slices.Contains(plan.Sites[:i], slug) {
			return models.ErrInvalidInput.On("sites/" + strconv.Itoa(i)).Saying("unique")
		}
	}
	for kind, rule := range plan.Rules {
		if !kind.Valid() {
			return models.ErrInvalidInput.On("rules").Saying("kinds")
		}
		if rule.MaxMinutes > 0 && rule.MinMinutes > rule.MaxMinutes {
			return models.ErrInvalidInput.On("rules/" + string(kind) + "/min_minutes").Saying("least_over_most")
		}
	}
	common, err := c.PlanOf(&models.Member{})
	switch {
	case err != nil:
		plan.IsDefault = true
	case common.ID == plan.ID && !plan.IsDefault:
		return ErrLastDefault.On("is_default")
	}
	return nil
}

var companies = noun[models.Company]{
	name: "company", insert: (*models.Store).InsertCompany, update: (*models.Store).UpdateCompany,
	facts: func(c *models.Company) facts { return facts{id: strconv.Itoa(c.ID), version: c.Version} },
	judge: judgeCompany,
}

// CreateCompany stores a new company.
func (s *Service) CreateCompany(ctx context.Context, p models.Principal, c *models.Company) error {
	return companies.create(ctx, s, p, c)
}

// UpdateCompany changes a company.
func (s *Service) UpdateCompany(ctx context.Context, p models.Principal, id int, match models.Match, change func(*models.Company)) (models.Company, error) {
	return companies.edit(ctx, s, p, match, func(tx *models.Store) (models.Company, error) { return tx.CompanyForEdit(ctx, id) }, change)
}

// DeleteCompany removes a company without members, zones and past;
// models.ErrInUse otherwise.
func (s *Service) DeleteCompany(ctx context.Context, p models.Principal, id int) error {
	return s.remove(ctx, p, "company", strconv.Itoa(id), "", func(tx *models.Store) error { return tx.DeleteCompany(ctx, id) })
}

func judgeCompany(_ context.Context, _ *models.Store, c *models.Catalogue, co *models.Company) error {
	if err := named(&co.NameJA, &co.NameEN); err != nil {
		return err
	}
	if co.PlanID == nil {
		return nil
	}
	if _, err := c.Plan(*co.PlanID); err != nil {
		return models.ErrInvalidInput.On("plan").Saying("nothing_there")
	}
	return nil
}
