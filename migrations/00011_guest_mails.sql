-- +goose Up

-- What guests were written about a booking: a member's mails to them are counted by
-- their bookings, each time there are more (Store.MailsToGuests). Those to members,
-- which nearly all are, stay out of it.
CREATE INDEX outbox_guests ON outbox (booking_id) WHERE member_id IS NULL;
