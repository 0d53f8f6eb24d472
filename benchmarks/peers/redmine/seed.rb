# What `seed.py` has Redmine run: a private project for each workspace, its one member, and an issue for each of
# our projects. Workspaces come in on standard input, as {name: [[title, description], ...]}; keys by name go out.

require "json"

Setting.rest_api_enabled = 1
Setting.login_required = 1
Setting.notified_events = []

# May it see time entries, every list sums them up.
role = Role.create!(name: "Member", permissions: [:view_issues, :add_issues], issues_visibility: "all")
tracker = Tracker.find_by!(name: "Feature")

def member(name)
  user = User.new(firstname: name, lastname: "Owner", mail: "#{name}@example.com", language: "en")
  user.login = name
  user.random_password
  user.save!
  user
end

def project(name, tracker)
  Project.create!(name: name, identifier: name, is_public: false, trackers: [tracker],
                  enabled_module_names: ["issue_tracking"])
end

keys = JSON.parse($stdin.read).to_h do |name, issues|
  ActiveRecord::Base.transaction do
    user, project = member(name), project(name, tracker)
    Member.create!(project: project, principal: user, roles: [role])
    issues.each do |subject, description|
      Issue.create!(project: project, tracker: tracker, author: user, priority: IssuePriority.default,
                    subject: subject, description: description)
    end
    [name, user.api_key]
  end
end
ActiveRecord::Base.connection.execute("PRAGMA journal_mode = WAL") # it stays so

puts JSON.generate(keys)
