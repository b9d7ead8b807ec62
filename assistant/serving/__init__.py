"""The process that answers patients: Rasa's server, without what only training needs."""
